:PREROUTING
*mangle
-j TOS --set-tos 0x10/0xff ; = ; OK
-j TOS --set-tos Minimize-Delay ; -j TOS --set-tos 0x10/0x3f ; OK
-j TOS --or-tos 0x08 ; -j TOS --set-tos 0x08/0x08 ; OK
-j TOS ; ; FAIL
