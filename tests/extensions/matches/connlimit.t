:INPUT
-m connlimit --connlimit-above 20 ; -m connlimit --connlimit-above 20 --connlimit-mask 32 --connlimit-saddr ; OK ; 4
-m connlimit ! --connlimit-above 20 --connlimit-mask 64 ; -m connlimit --connlimit-upto 20 --connlimit-mask 64 --connlimit-saddr ; OK ; 6
-m connlimit --connlimit-upto 5 --connlimit-daddr --connlimit-mask 24 ; -m connlimit --connlimit-upto 5 --connlimit-mask 24 --connlimit-daddr ; OK
-m connlimit --connlimit-mask 24 ; ; FAIL
-m connlimit --connlimit-upto 5 --connlimit-above 3 ; ; FAIL
