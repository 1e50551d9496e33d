:INPUT
-m nfacct --nfacct-name web-in ; = ; OK ; noload
-m nfacct --nfacct-name "" ; ; FAIL
-m nfacct ; ; FAIL
