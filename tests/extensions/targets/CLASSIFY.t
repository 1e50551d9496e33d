:POSTROUTING
*mangle
-j CLASSIFY --set-class 0001:ffff ; = ; OK
-j CLASSIFY --set-class 1:1 ; -j CLASSIFY --set-class 0001:0001 ; OK
-j CLASSIFY --set-class 1 ; ; FAIL
:FORWARD
*mangle
-j CLASSIFY --set-class 0x1:0XfF ; -j CLASSIFY --set-class 0001:00ff ; OK
:PREROUTING
-j CLASSIFY --set-class 1:2 ; ; FAIL
