:INPUT
-m connlabel ! --label 0x11 --set ; -m connlabel ! --label "17" --set ; OK
-m connlabel --label 200 ; ; FAIL
-m connlabel --set ; ; FAIL
