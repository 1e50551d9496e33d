:INPUT
-m hl --hl-eq 1 ; = ; OK
-m hl --hl-gt 5 ; = ; OK
-m hl ; ; FAIL
