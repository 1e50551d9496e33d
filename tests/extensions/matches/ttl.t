:INPUT
-m ttl --ttl-eq 1 ; = ; OK
-m ttl ! --ttl 1 ; -m ttl ! --ttl-eq 1 ; OK
-m ttl --ttl-lt 5 ; = ; OK
-m ttl --ttl-eq 256 ; ; FAIL
-m ttl ; ; FAIL
-m ttl --ttl-gt 5 ; = ; OK ; ; ip.ttl=5 => no match | ip.ttl=6 => match
-m ttl ! --ttl-eq 7 ; = ; OK ; ; ip.ttl=7 => no match | ip.ttl=8 => match
-m ttl --ttl-lt 0 ; = ; OK ; ; ip.ttl=0 => no match
-m ttl --ttl-gt 5 --ttl-lt 9 ; ; FAIL
