:INPUT
-m statistic --mode random --probability 0.5 ; -m statistic --mode random --probability 0.50000000000 ; OK
-m statistic --mode random --probability 0.33332999982 ; = ; OK
-m statistic --mode nth --every 3 --packet 1 ; = ; OK
-m statistic --mode random --probability 2 ; ; FAIL
-m statistic ; ; FAIL
