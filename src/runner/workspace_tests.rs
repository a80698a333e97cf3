//! What is taken from a workspace, and that nothing is taken from elsewhere.

use std::os::unix::fs::symlink;

use tokio::sync::mpsc;

use super::*;

/// Name and content of each artifact, and the warnings.
async fn collected(workspace: &Workspace, globs: &[&str]) -> (Vec<(String, String)>, Vec<String>) {
    let (reports, mut received) = mpsc::channel(10_000);
    let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
    let path = workspace.path.clone();
    tokio::task::spawn_blocking(move || collect(&path, &globs, &reports)).await.unwrap();
    let (mut files, mut warnings) = (Vec::new(), Vec::new());
    while let Some(report) = received.recv().await {
        match report {
            Report::Artifact(ArtifactFile { name, file, bytes }) => {
                let mut text = String::new();
                file.open().unwrap().read_to_string(&mut text).unwrap();
                assert_eq!(text.len() as u64, bytes);
                files.push((name, text));
            }
            Report::Note { text, .. } => warnings.push(text),
            other => panic!("{other:?}"),
        }
    }
    (files, warnings)
}

fn file(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[tokio::test]
async fn files_are_copied_by_name_and_what_is_missing_is_said() {
    let workspace = Workspace::create().unwrap();
    std::fs::create_dir_all(workspace.path.join("out/deep")).unwrap();
    for name in ["a.txt", "out/b.json", "out/deep/c.json", "out/ü ü.json"] {
        std::fs::write(workspace.path.join(name), name).unwrap();
    }
    let (files, warnings) = collected(&workspace, &["out/**/*.json", "*.pdf"]).await;
    let names = ["out/b.json", "out/deep/c.json", "out/ü ü.json"];
    assert_eq!(files, names.map(|name| file(name, name)));
    assert_eq!(warnings, ["no file matches the artifacts `*.pdf`"]);
    let (files, warnings) = collected(&workspace, &["../*"]).await;
    assert_eq!((files.len(), warnings.len()), (0, 1));
}

#[tokio::test]
async fn links_are_not_followed_and_only_regular_files_are_taken() {
    let workspace = Workspace::create().unwrap();
    symlink("/etc/hostname", workspace.path.join("link")).unwrap();
    symlink("/etc", workspace.path.join("directory")).unwrap();
    nix::unistd::mkfifo(&workspace.path.join("fifo"), Mode::S_IRWXU).unwrap();
    std::fs::write(workspace.path.join("file"), "x").unwrap();
    let (files, mut warnings) = collected(&workspace, &["**", "directory/hostname"]).await;
    assert_eq!(files, [file("file", "x")]);
    warnings.sort();
    let refused = |name: &str| format!("the artifact `{name}` is not kept: it is no regular file");
    let unmatched = "no file matches the artifacts `directory/hostname`".to_owned();
    assert_eq!(warnings, [unmatched, refused("directory"), refused("fifo"), refused("link")]);

    let root = super::directory(&workspace.path).unwrap();
    for outside in ["directory/hostname", "../../etc/hostname", "/etc/hostname", "link", "."] {
        assert!(open_regular(&root, Path::new(outside)).unwrap().is_none(), "{outside}");
    }
    assert!(open_regular(&root, Path::new("file")).unwrap().is_some());
}

#[tokio::test]
async fn a_result_has_to_be_a_bounded_regular_file() {
    let workspace = Workspace::create().unwrap();
    assert_eq!(workspace.result().await, ResultFile::Missing);
    let path = workspace.path.join(RESULT_FILE);
    symlink("/etc/hostname", &path).unwrap();
    assert_eq!(workspace.result().await, ResultFile::Refused("is no regular file".into()));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, vec![b' '; RESULT_MAX_BYTES]).unwrap();
    assert!(matches!(workspace.result().await, ResultFile::Read(bytes) if bytes.len() == RESULT_MAX_BYTES));
    std::fs::write(&path, vec![b' '; RESULT_MAX_BYTES + 1]).unwrap();
    assert_eq!(workspace.result().await, ResultFile::too_large());
}
