:INPUT
-m quota --quota 0x1000 ; -m quota --quota 4096 ; OK
-m quota ! --quota 99 ; = ; OK
-m quota --quota 10M ; ; FAIL
