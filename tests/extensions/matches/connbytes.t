:INPUT
-m connbytes --connbytes 4096: --connbytes-dir reply --connbytes-mode bytes ; -m connbytes --connbytes 4096 --connbytes-mode bytes --connbytes-dir reply ; OK
-m connbytes ! --connbytes 3:9 --connbytes-mode packets --connbytes-dir both ; = ; OK
-m connbytes --connbytes 9:3 --connbytes-mode packets --connbytes-dir both ; ; FAIL
-m connbytes --connbytes 9 --connbytes-mode packets ; ; FAIL
