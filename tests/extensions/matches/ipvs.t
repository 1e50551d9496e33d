:INPUT
-m ipvs --ipvs ; = ; OK ; noload ; ipvs.property=1 => match | ipvs.property=0 => no match
-m ipvs ! --ipvs ; = ; OK ; noload ; ipvs.property=1 => no match | ipvs.property=0 => match
-m ipvs --vaddr 192.0.2.1 --vport http ; -m ipvs --vaddr 192.0.2.1/32 --vport 80 ; OK ; 4 noload ; ipvs.property=1 => unknown | ipvs.property=0 => no match
-m ipvs --ipvs --vproto tcp ; -m ipvs --vproto 6 ; OK ; noload
-m ipvs --vdir ORIGINAL ! --vmethod MASQ --vportctl 21 ; = ; OK ; noload
-m ipvs ! --ipvs --vport 80 ; ; FAIL ; noload
-m ipvs --vmethod DR ; ; FAIL ; noload
-m ipvs ; ; FAIL ; noload
