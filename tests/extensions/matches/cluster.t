:INPUT
-m cluster --cluster-total-nodes 3 --cluster-local-node 3 --cluster-hash-seed 99 ; -m cluster --cluster-local-nodemask 0x00000004 --cluster-total-nodes 3 --cluster-hash-seed 0x00000063 ; OK
-m cluster --cluster-total-nodes 2 ! --cluster-local-nodemask 2 --cluster-hash-seed 1 ; -m cluster ! --cluster-local-nodemask 0x00000002 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001 ; OK
-m cluster --cluster-total-nodes 3 --cluster-local-node 4 --cluster-hash-seed 99 ; ; FAIL
-m cluster --cluster-total-nodes 3 --cluster-local-node 1 ; ; FAIL
-m cluster --cluster-total-nodes 3 --cluster-hash-seed 1 ; ; FAIL
