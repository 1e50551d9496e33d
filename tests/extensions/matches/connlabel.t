:INPUT
-m connlabel ! --label 0x11 --set ; -m connlabel ! --label "17" --set ; OK ; ; ct.state=1 => no match | ct.state=0 => match
-m connlabel --label 17 --set ; -m connlabel --label "17" --set ; OK ; ; ct.state=1 => match | ct.state=0 => no match
-m connlabel --label 17 ; -m connlabel --label "17" ; OK ; ; ct.state=1 => unknown | ct.state=0 => no match
-m connlabel --label 200 ; ; FAIL
-m connlabel --set ; ; FAIL
