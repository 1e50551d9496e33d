:INPUT
-m length --length 5 ; = ; OK
-m length ! --length 5:10 ; = ; OK
-m length --length 5: ; -m length --length 5:65535 ; OK
-m length --length 65536 ; ; FAIL
-m length ; ; FAIL
-m length ! --length 100:200 ; = ; OK ; ; ip.length=99 => match | ip.length=100 => no match | ip.length=201 => match
