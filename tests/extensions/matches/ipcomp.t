:INPUT
-p ipcomp -m ipcomp --ipcompspi 77 --compres ; = ; OK
-p ipcomp -m ipcomp ! --ipcompspi 70:77 ; = ; OK
-p ipcomp -m ipcomp ! --compres ; ; FAIL
-p udp -m ipcomp --ipcompspi 77 ; ; FAIL
