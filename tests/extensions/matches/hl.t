:INPUT
-m hl --hl-eq 1 ; = ; OK
-m hl --hl-gt 5 ; = ; OK
-m hl ; ; FAIL
-m hl --hl-lt 5 ; = ; OK ; ; ip.ttl=4 => match | ip.ttl=5 => no match
-m hl --hl-gt 255 ; = ; OK ; ; ip.ttl=255 => no match
-m hl --hl-eq 5 --hl-gt 9 ; ; FAIL
