:INPUT
-m hashlimit --hashlimit-above 10/min --hashlimit-burst 7 --hashlimit-mode srcip,dstport --hashlimit-name web ; = ; OK
-m hashlimit --hashlimit-upto 1/sec --hashlimit-name web2 ; -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name web2 ; OK
-m hashlimit --hashlimit-name web3 ; ; FAIL
-m hashlimit --hashlimit-upto 1/sec ; ; FAIL
