:INPUT
-m state --state RELATED,ESTABLISHED ; = ; OK ; ; ct.state=1 => match | ct.state=2 => match | ct.state=3 => no match | ct.state=0 => no match
-m state --state ESTABLISHED,RELATED ; -m state --state RELATED,ESTABLISHED ; OK
-m state --state INVALID,UNTRACKED ; = ; OK ; ; ct.state=0 => match | ct.state=4 => match | ct.state=1 => no match
-m state ! --state NEW ; = ; OK ; ; ct.state=3 => no match | ct.state=4 => match
-m state --state DNAT ; ; FAIL
-m state wrong ; ; FAIL
-m state ; ; FAIL
