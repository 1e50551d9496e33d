:INPUT
-m rt ! --rt-type 2 --rt-segsleft 1 ; = ; OK
-m rt --rt-type 0 --rt-0-addrs 2001:db8::1,2001:db8::2 --rt-0-not-strict ; = ; OK
-m rt --rt-type 0 --rt-0-not-strict --rt-0-addrs 2001:db8::1 ; ; FAIL
-m rt --rt-type 2 --rt-0-res ; ; FAIL
-m rt --rt-0-res --rt-type 0 ; ; FAIL
