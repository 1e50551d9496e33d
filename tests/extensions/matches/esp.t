:INPUT
-p esp -m esp --espspi 700 ; = ; OK
-p esp ! --espspi 0x10:0x20 ; -p esp -m esp ! --espspi 16:32 ; OK
-p esp -m esp ! --espspi 0: ; -p esp -m esp ! --espspi 0:4294967295 ; OK ; newer
-p esp -m esp --espspi 9:8 ; ; FAIL ; newer
-m esp --espspi 700 ; ; FAIL
