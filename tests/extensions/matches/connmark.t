:INPUT
-m connmark --mark 0x1/0xff ; = ; OK ; ; ct.state=3 ct.mark=0x101 => match | ct.state=3 ct.mark=2 => no match | ct.state=0 ct.mark=1 => no match
-m connmark --mark 0x10/0xf ; = ; OK ; ; ct.state=1 ct.mark=0x10 => no match
-m connmark ! --mark 1 ; -m connmark ! --mark 0x1 ; OK ; ; ct.state=1 ct.mark=2 => match | ct.state=1 ct.mark=1 => no match | ct.state=4 ct.mark=2 => no match
-m connmark ; ; FAIL
