:FORWARD
-m devgroup --dst-group 7 ! --src-group default ; -m devgroup ! --src-group default --dst-group 0x7 ; OK
-m devgroup --src-group 0x10/0xf0 ; = ; OK
-m devgroup ; ; FAIL
:INPUT
-m devgroup --dst-group 7 ; ; FAIL
