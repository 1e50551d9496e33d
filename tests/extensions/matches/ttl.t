:INPUT
-m ttl --ttl-eq 1 ; = ; OK
-m ttl ! --ttl 1 ; -m ttl ! --ttl-eq 1 ; OK
-m ttl --ttl-lt 5 ; = ; OK
-m ttl --ttl-eq 256 ; ; FAIL
-m ttl ; ; FAIL
