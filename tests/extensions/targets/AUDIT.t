:INPUT
-j AUDIT --type drop ; = ; OK
-j AUDIT --type maybe ; ; FAIL
-j AUDIT ; ; FAIL
-j AUDIT --type Accept ; -j AUDIT --type accept ; OK
