:INPUT
-j AUDIT --type drop ; = ; OK
-j AUDIT --type maybe ; ; FAIL
-j AUDIT ; ; FAIL
