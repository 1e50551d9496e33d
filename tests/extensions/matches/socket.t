:INPUT
-m socket --nowildcard --transparent ; -m socket --transparent --nowildcard ; OK
:OUTPUT
-m socket ; ; FAIL
