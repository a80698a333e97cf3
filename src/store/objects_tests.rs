use super::*;

fn key(number: u128) -> ObjectKey {
    ObjectKey {
        organization: OrganizationId::DEFAULT,
        run: RunKey(Uuid::from_u128(7)),
        artifact_id: Uuid::from_u128(number),
    }
}

async fn staged(objects: &Objects, bytes: &[u8]) -> Staged {
    let mut staging = objects.stage().await.unwrap();
    for chunk in bytes.chunks(100_000) {
        staging.write(chunk).await.unwrap();
    }
    staging.complete().await.unwrap()
}

#[tokio::test]
async fn bytes_come_back_by_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let objects = Objects::open(dir.path()).unwrap();
    let bytes: Vec<u8> = (0..2_000_000_u32).map(|n| (n % 251) as u8).collect();
    let held = staged(&objects, &bytes).await;
    assert!(!objects.exists(key(1)).await.unwrap());
    objects.publish(held, key(1)).await.unwrap();
    assert_eq!(objects.size(key(1)).await.unwrap(), 2_000_000);
    for range in [0..2_000_000_u64, 5..6, 1_999_990..2_000_000] {
        let chunks: Vec<Bytes> =
            objects.read(key(1), range.clone()).await.unwrap().try_collect().await.unwrap();
        let (from, to) = (range.start as usize, range.end as usize);
        assert_eq!(chunks.concat(), bytes[from..to]);
    }
    assert!(matches!(objects.read(key(2), 0..1).await, Err(ObjectError::Missing)));
    objects.remove(key(1)).await.unwrap();
    assert!(!objects.exists(key(1)).await.unwrap());
}

#[tokio::test]
async fn what_was_never_published_is_swept() {
    let dir = tempfile::tempdir().unwrap();
    let objects = Objects::open(dir.path()).unwrap();
    let held = staged(&objects, b"half-way").await;
    std::mem::forget(held);
    let folder = dir.path().join(FOLDER).join(STAGING);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    Objects::open(dir.path()).unwrap();
    assert!(!folder.exists());
}

#[tokio::test]
async fn what_is_old_is_found_and_what_is_not_ours_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let objects = Objects::open(dir.path()).unwrap();
    objects.publish(staged(&objects, b"one").await, key(1)).await.unwrap();
    let held = staged(&objects, b"two").await;
    let foreign = dir.path().join(FOLDER).join("notes");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("a.txt"), "mine").unwrap();
    let old = async |seconds: i64| {
        let before = crate::store::clock::now().as_micros() + seconds * 1_000_000;
        let before = Timestamp::from_micros(before).unwrap();
        objects.older_than(before).try_collect::<Vec<Found>>().await.unwrap()
    };
    assert!(old(-60).await.is_empty());
    let found = old(60).await;
    let mut ids: Vec<_> = found.iter().map(|found| found.artifact_id).collect();
    ids.sort();
    assert_eq!(ids, [None, Some(Uuid::from_u128(1))]);
    for found in &found {
        objects.discard(found).await.unwrap();
        objects.discard(found).await.unwrap();
    }
    assert!(old(60).await.is_empty() && foreign.join("a.txt").exists());
    assert!(objects.check().await.is_ok() && !objects.is_shared());
    assert_eq!(objects.signed_url(key(1), "attachment", Duration::from_secs(1)).await.unwrap(), None);
    drop(held);
}

#[tokio::test]
async fn an_empty_object_is_one_too() {
    let dir = tempfile::tempdir().unwrap();
    let objects = Objects::open(dir.path()).unwrap();
    let held = staged(&objects, b"").await;
    objects.publish(held, key(3)).await.unwrap();
    assert_eq!(objects.size(key(3)).await.unwrap(), 0);
}
