:INPUT
-m string --algo kmp --string "GET /" --icase ; -m string --string "GET /" --algo kmp --icase ; OK
-m string --hex-string "a|62 63|d" --algo bm --to 90 --from 0 ; -m string --string "abcd" --algo bm --to 90 ; OK
-m string ! --hex-string "|00|ok" --algo bm ; -m string ! --hex-string "|006f6b|" --algo bm ; OK
-m string --string "say \"hi\" \\ it's" --algo bm ; = ; OK
-m string --hex-string "|123|" --algo bm ; ; FAIL
-m string --hex-string "|12" --algo bm ; ; FAIL
-m string --string a --algo bm --from 9 --to 2 ; ; FAIL
-m string --string "" --algo bm ; ; FAIL
