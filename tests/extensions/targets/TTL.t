:PREROUTING
*mangle
-j TTL --ttl-set 64 ; = ; OK
-j TTL --ttl-dec 1 ; = ; OK
-j TTL --ttl-inc 1 ; = ; OK
-j TTL --ttl-set 256 ; ; FAIL
-j TTL ; ; FAIL
