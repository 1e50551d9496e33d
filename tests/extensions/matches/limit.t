:INPUT
-m limit --limit 10/min ; = ; OK
-m limit --limit 1/second --limit-burst 5 ; -m limit --limit 1/sec ; OK
-m limit --limit 3 --limit-burst 7 ; -m limit --limit 3/sec --limit-burst 7 ; OK
-m limit ; -m limit --limit 3/hour ; OK
-m limit --limit 20/day ; = ; OK
-m limit --limit 0/sec ; ; FAIL
-m limit --limit 20000/sec ; ; FAIL
