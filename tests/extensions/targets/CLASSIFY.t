:POSTROUTING
*mangle
-j CLASSIFY --set-class 0001:ffff ; = ; OK
-j CLASSIFY --set-class 1:1 ; -j CLASSIFY --set-class 0001:0001 ; OK
-j CLASSIFY --set-class 1 ; ; FAIL
