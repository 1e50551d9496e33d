:PREROUTING
*mangle
-j HL --hl-set 64 ; = ; OK
-j HL --hl-dec 1 ; = ; OK
-j HL ; ; FAIL
