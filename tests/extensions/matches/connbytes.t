:INPUT
-m connbytes --connbytes 4096: --connbytes-dir reply --connbytes-mode bytes ; -m connbytes --connbytes 4096 --connbytes-mode bytes --connbytes-dir reply ; OK ; ; ct.state=1 ct.reply.bytes=4096 => match | ct.state=1 ct.bytes=4096 => no match | ct.state=0 ct.reply.bytes=4096 => no match
-m connbytes ! --connbytes 3:9 --connbytes-mode packets --connbytes-dir both ; = ; OK ; ; ct.state=1 ct.packets=2 ct.reply.packets=1 => no match | ct.state=1 ct.packets=2 => match | ct.state=4 => no match
-m connbytes --connbytes 50:60 --connbytes-mode avgpkt --connbytes-dir original ; = ; OK ; ; ct.state=1 ct.packets=2 ct.bytes=121 => match | ct.state=1 ct.packets=2 ct.bytes=122 => no match | ct.state=1 => no match
-m connbytes --connbytes 9:3 --connbytes-mode packets --connbytes-dir both ; ; FAIL
-m connbytes --connbytes 9 --connbytes-mode packets ; ; FAIL
