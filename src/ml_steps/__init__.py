"""What runs inside the containers: the steps from data contract to gate, usable without any container."""
