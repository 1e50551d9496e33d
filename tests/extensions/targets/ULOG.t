:INPUT
-j ULOG --ulog-prefix web --ulog-nlgroup 3 ; = ; OK ; noload
-j ULOG --ulog-nlgroup 40 ; ; FAIL ; noload
