:FORWARD
-m realm ! --realm 9/0xf ; -m realm ! --realm 0x9/0xf ; OK
-m realm --realm cosmos ; = ; OK
-m realm --realm nowhere ; ; FAIL
*mangle
:PREROUTING
-m realm --realm 9 ; ; FAIL
