:INPUT
-m cpu ! --cpu 3 ; = ; OK
-m cpu --cpu all ; ; FAIL
