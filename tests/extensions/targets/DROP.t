:INPUT
-j DROP ; = ; OK
-p tcp -j DROP ; = ; OK
-j DROP --option ; ; FAIL
-g DROP ; ; FAIL
