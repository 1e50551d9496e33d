:INPUT
-m connmark --mark 0x1/0xff ; = ; OK
-m connmark ! --mark 1 ; -m connmark ! --mark 0x1 ; OK
-m connmark ; ; FAIL
