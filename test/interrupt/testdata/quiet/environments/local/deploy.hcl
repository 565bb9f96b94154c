target  = "local"
region  = "ap-northeast-1"
account = "123456789012"

state {
  bucket        = "interrupt-local-deploy"
  lease_seconds = 5
}
