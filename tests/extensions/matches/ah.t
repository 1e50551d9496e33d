:INPUT
-p ah -m ah --ahspi 256:512 ; = ; OK
-p ah --ahspi 7: ; -p ah -m ah --ahspi 7:4294967295 ; OK
-p ah -m ah --ahspi 0:4294967295 ; -p ah -m ah ; OK
-p ah -m ah --ahspi 1x ; ; FAIL
-m ah --ahspi 9 ; ; FAIL ; 4
-m ah ! --ahspi 9 --ahlen 24 --ahres ; = ; OK ; 6
-m ah ! --ahlen 0 ; = ; OK ; 6
-m ah --ahlen 0 ; -m ah ; OK ; 6
-p ah -m ah --ahres ; ; FAIL ; 4
