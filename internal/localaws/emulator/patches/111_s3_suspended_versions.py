"""Fault: versions of a bucket whose versioning is suspended cannot be deleted.

Evidence: an object of a versioned bucket is deleted, which leaves a delete
marker; versioning is suspended, as Terraform does before it empties a bucket;
then DeleteObjects with the version's id answers 500: 'FakeDeleteMarker' object
has no attribute 'dispose'. Where there is no marker, all versions go at once.

It can go when a deletion by version id takes that version, whatever the
versioning is.
"""

from moto.s3.models import FakeDeleteMarker, S3Backend


def apply():
    delete = S3Backend.delete_object

    def delete_object(self, bucket_name, key_name, version_id=None, bypass=False):
        bucket = self.get_bucket(bucket_name)
        status = getattr(bucket, "versioning_status", None)
        if version_id is None or status != "Suspended":
            return delete(self, bucket_name, key_name, version_id, bypass)
        # Requests come one at a time.
        bucket.versioning_status = "Enabled"
        try:
            return delete(self, bucket_name, key_name, version_id, bypass)
        finally:
            bucket.versioning_status = status

    S3Backend.delete_object = delete_object
    FakeDeleteMarker.dispose = lambda self, garbage=False: None
