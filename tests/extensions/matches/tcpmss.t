:INPUT
-p tcp -m tcpmss --mss 1300:1400 ; = ; OK
-p tcp -m tcpmss ! --mss :536 ; -p tcp -m tcpmss ! --mss 0:536 ; OK
-p tcp -m tcpmss --mss 1400:1300 ; ; FAIL
-m tcpmss --mss 536 ; ; FAIL
