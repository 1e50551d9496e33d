:INPUT
-j SET --add-set web src --exist --timeout 60 ; = ; OK ; noload
-j SET --del-set web src,dst ; = ; OK ; noload
-j SET --add-set web ; ; FAIL ; noload
