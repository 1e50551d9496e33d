:INPUT
-m set --match-set web src,dst ; = ; OK ; noload ; ip.proto=6 => unknown
-m set ! --match-set web dst --return-nomatch ! --update-counters --packets-gt 5 ; = ; OK ; noload
-m set --match-set web sideways ; ; FAIL ; noload
-m set --match-set web ; ; FAIL ; noload
-m set ; ; FAIL ; noload
