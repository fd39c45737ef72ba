module dagger/release

go 1.26
