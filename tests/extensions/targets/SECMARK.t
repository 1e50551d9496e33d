:INPUT
*security
-j SECMARK --selctx system_u:object_r:http_packet_t:s0 ; = ; OK ; noload
-j SECMARK ; ; FAIL
*mangle
-j SECMARK --selctx system_u:object_r:http_packet_t:s0 ; = ; OK ; noload
*filter
-j SECMARK --selctx system_u:object_r:http_packet_t:s0 ; ; FAIL
