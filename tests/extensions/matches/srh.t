:INPUT
-m srh --srh-tag 9 ! --srh-next-hdr 58 ; -m srh ! --srh-next-hdr 58 --srh-tag 9 ; OK
-m srh --srh-segs-left-gt 2 --srh-lsid 2001:db8::5 ; -m srh --srh-segs-left-gt 2 --srh-lsid 2001:db8::5/128 ; OK
-m srh --srh-nsid 2001:db8::5/64 ; = ; OK
-m srh --srh-tag 70000 ; ; FAIL
-m srh --srh-next-hdr tcp ; ; FAIL
