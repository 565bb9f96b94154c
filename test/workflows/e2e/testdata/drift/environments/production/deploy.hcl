target  = "aws"
region  = "ap-northeast-1"
account = "123456789012"

state {
  bucket = "PROJECT-production-deploy"
}
