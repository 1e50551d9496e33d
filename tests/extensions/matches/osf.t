:INPUT
-p tcp -m osf ! --genre OpenBSD --log 1 --ttl 2 ; -p tcp -m osf ! --genre OpenBSD --ttl 2 --log 1 ; OK
-p tcp -m osf --log 1 ; ; FAIL
-m osf --genre OpenBSD ; ; FAIL
:OUTPUT
-p tcp -m osf --genre OpenBSD ; ; FAIL
