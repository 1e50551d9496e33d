:INPUT
-m hbh ! --hbh-len 16 --hbh-opts 5:2,194 ; = ; OK
-m hbh --hbh-opts 0x11:255,3:0x4 ; -m hbh --hbh-opts 17,3:4 ; OK
-m hbh --hbh-opts 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 ; ; FAIL
-m hbh --hbh-opts 5, ; ; FAIL
-m hbh ! --hbh-opts 5 ; ; FAIL
