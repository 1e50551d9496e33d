:INPUT
-p mobility-header -m mh --mh-type 2:6 ; = ; OK
-p mh --mh-type binding-update ; -p mobility-header -m mh --mh-type 5 ; OK
-p mh -m mh ! --mh-type cot:BE ; -p mobility-header -m mh ! --mh-type 4:7 ; OK
-p mh -m mh --mh-type 300 ; ; FAIL
-p mh -m mh --mh-type letter ; ; FAIL
-m mh --mh-type 1 ; ; FAIL
