*raw
:PREROUTING
-m rpfilter --invert --loose ; -m rpfilter --loose --invert ; OK
-m rpfilter ! --loose ; ; FAIL
:OUTPUT
-m rpfilter ; ; FAIL
*filter
:INPUT
-m rpfilter ; ; FAIL
