:INPUT
-p sctp -m sctp --dport 80 ; = ; OK
-p sctp --sport 1:9 ; -p sctp -m sctp --sport 1:9 ; OK
-p sctp -m sctp --chunk-types all INIT ; = ; OK
-m sctp --dport 80 ; ; FAIL
