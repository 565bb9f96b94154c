target  = "local"
region  = "ap-northeast-1"
account = "123456789012"

state {
  bucket        = "BUCKET"
  lease_seconds = 5
}

approval { required = false }
